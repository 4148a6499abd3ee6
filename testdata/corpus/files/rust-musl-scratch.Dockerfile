# syntax=docker/dockerfile:1
# check=skip=JSONArgsRecommended
FROM rust:1.81-alpine AS build
RUN apk add --no-cache musl-dev pkgconfig openssl-dev
WORKDIR /usr/src/grep-lite
COPY Cargo.toml Cargo.lock ./
# A stub so that the dependencies get a layer of their own
RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release && rm -r src
COPY src ./src
RUN touch src/main.rs; cargo build --release --locked
RUN strip target/release/grep-lite

FROM scratch
COPY --from=build /usr/src/grep-lite/target/release/grep-lite /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 1000
CMD /grep-lite --help
