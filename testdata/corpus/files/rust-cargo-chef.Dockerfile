ARG CHEF=lukemathwalker/cargo-chef:latest-rust-1.80
FROM $CHEF AS chef
WORKDIR /meteor

FROM chef AS recipe
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

FROM chef AS compile
COPY --from=recipe /recipe.json /
RUN cargo chef cook --release --recipe-path /recipe.json
COPY . .
ENV SQLX_OFFLINE true
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    # lists are not needed later
    && rm -rf /var/lib/apt/lists/*
COPY --from=compile /meteor/target/release/meteor /usr/bin/
COPY settings /etc/meteor
ENTRYPOINT ["meteor", "--config", "/etc/meteor"]
