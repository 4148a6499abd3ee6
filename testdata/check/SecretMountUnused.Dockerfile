#= a secret that nothing reads
#! 2 SecretMountUnused: secret `token` is mounted and not read
#! 3 SecretMountUnused: secret `token` is mounted and not read
FROM x:1
RUN --mount=type=secret,id=token curl -fsS -H "$(cat /run/secret/token)" https://a.b
RUN --mount=type=secret,id=token,required apt-get update && rm -rf /var/lib/apt/lists/*
HEALTHCHECK NONE
#= secrets that are read, or may be
FROM x:1
RUN --mount=type=secret,id=token curl -fsS -H "$(cat /run/secrets/token)" https://a.b
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
RUN --mount=type=secret,id=token,env=TOKEN git clone https://a.b
RUN --mount=type=secret,id=token ./build.sh
RUN --mount=type=secret,id=token make
RUN --mount=type=secret,id=token ["/a"]
ARG ID=x
RUN --mount=type=secret,id=$ID echo
HEALTHCHECK NONE
