#= files
#! 2 SecretInLayer: `.npmrc` is a secret, and becomes part of a layer
#! 3 SecretInLayer: `keys/id_rsa` is a secret, and becomes part of a layer
#! 4 SecretInLayer: `.env.production` is a secret, and becomes part of a layer
FROM node:22
COPY package.json .npmrc ./
ADD keys/id_rsa /root/.ssh/
COPY .env.production .env
#= texts
#! 2 SecretInLayer: a key of AWS is written in the Dockerfile
#! 3 SecretInLayer: a password is written in the Dockerfile
#! 4-6 SecretInLayer: a private key is written in the Dockerfile
FROM alpine:3.20
ENV ID=AKIAABCDEFGHIJKLMNOP
RUN git clone https://me:secret@example.com/x.git
COPY <<EOF /key
-----BEGIN OPENSSH PRIVATE KEY-----
EOF
#= above the stages
#! 1 SecretInLayer: a token of GitLab is written in the Dockerfile
ARG T=glpat-abcdefghij0123456789
FROM alpine:3.20
#= what is none
FROM alpine:3.20 AS a
COPY .env.example id_rsa.pub ./
RUN git clone https://me:$PASSWORD@example.com/x.git
ENV ID=AKIA123
FROM alpine:3.20
COPY --from=a /root/.npmrc /root/
#= certificates of others
#! 3 SecretInLayer: `keystore.jks` is a secret, and becomes part of a layer
FROM debian:12
COPY truststore.jks /
COPY keystore.jks /
