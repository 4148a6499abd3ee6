FROM ubuntu:24.04
ARG DEBIAN_FRONTEND=noninteractive
ARG RUSTUP_VERSION="1.27.1"
RUN apt-get update && apt-get install -y --no-install-recommends \
      build-essential \
      curl \
      gdb-multiarch \
      gcc-arm-none-eabi \
      openocd \
      pkg-config \
      libudev-dev \
      qemu-system-arm \
    && rm -rf /var/lib/apt/lists/*
ENV RUSTUP_HOME=/opt/rustup CARGO_HOME=/opt/cargo PATH=/opt/cargo/bin:$PATH
RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.example.org/rustup-init-$RUSTUP_VERSION | sh -s -- -y --profile minimal --default-toolchain stable
RUN rustup target add thumbv6m-none-eabi \
                      thumbv7em-none-eabihf \
                      riscv32imc-unknown-none-elf
RUN cargo install cargo-binutils flip-link --locked
WORKDIR /project
CMD ["/bin/bash"]
