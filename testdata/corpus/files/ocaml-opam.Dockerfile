FROM ocaml/opam:debian-12-ocaml-5.2 AS build
RUN sudo apt-get update && sudo apt-get install -y libgmp-dev pkg-config
COPY --chown=opam *.opam /home/opam/src/
WORKDIR /home/opam/src
RUN opam install . --deps-only
COPY --chown=opam . .
RUN eval $(opam env) && dune build --profile release ./bin/main.exe
FROM debian:12-slim
COPY --from=build /home/opam/src/_build/default/bin/main.exe /usr/local/bin/prover
CMD ["prover"]
