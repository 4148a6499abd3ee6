FROM nixos/nix:2.24.6 AS store
WORKDIR /flake
COPY flake.nix flake.lock ./
COPY pkgs ./pkgs
RUN nix --extra-experimental-features 'nix-command flakes' build .#default
RUN mkdir /closure; nix-store --query --requisites result | xargs -I{} cp -a {} /closure
FROM scratch
COPY --from=store /closure /nix/store
COPY --from=store /flake/result/bin /bin
