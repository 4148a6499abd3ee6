# The lockfiles of npm and cargo, which are too long to be kept here: `--output DIR` writes them.
ARG BASE=debian:sid-slim
FROM $BASE AS tools
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates cargo nodejs npm
WORKDIR /app
COPY . .
RUN npm install --package-lock-only --ignore-scripts && cargo generate-lockfile

FROM scratch
COPY --from=tools /app/package-lock.json /app/Cargo.lock /
