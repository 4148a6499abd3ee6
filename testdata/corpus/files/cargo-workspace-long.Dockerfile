FROM rust:1 AS b
WORKDIR /b
COPY a/Cargo.toml a/Cargo.toml
COPY b/Cargo.toml b/Cargo.toml
COPY c/Cargo.toml c/Cargo.toml
COPY d/Cargo.toml d/Cargo.toml
COPY e/Cargo.toml e/Cargo.toml
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p a/src b/src c/src d/src e/src; for i in a b c d e; do touch $i/src/lib.rs; done; cargo fetch
COPY a/src a/src
COPY b/src b/src
COPY c/src c/src
COPY d/src d/src
COPY e/src e/src
RUN cargo build --release --offline
FROM gcr.io/distroless/cc
COPY --from=b /b/target/release/e /
