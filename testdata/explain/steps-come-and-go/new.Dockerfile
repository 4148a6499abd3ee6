FROM debian:12 AS build
RUN apt-get update && apt-get install -y gcc
COPY src /src
RUN make -C /src

FROM debian:12 AS docs
RUN apt-get update && apt-get install -y pandoc
RUN pandoc --version
COPY docs /docs

FROM scratch
COPY --from=build /src/app /app
COPY --from=docs /docs /docs
