FROM haskell:9.6-slim AS snapshot
WORKDIR /h
COPY stack.yaml stack.yaml.lock package.yaml /h/
RUN stack setup --system-ghc && stack build --only-dependencies
FROM snapshot as exe
COPY app app
COPY src src
RUN stack install --local-bin-path /out --ghc-options='-O2 -optl-static'
FROM scratch
COPY --from=exe /out /bin
ENTRYPOINT ["/bin/parser"]
