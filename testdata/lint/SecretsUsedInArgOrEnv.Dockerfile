#= a word of the name
#! 2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "NPM_TOKEN")
#! 3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "db_Password")
#! 4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "AUTH")
FROM alpine
ARG NPM_TOKEN
ENV db_Password=x
ARG AUTH=1 PLAIN=2

#= a word that says it is none
FROM alpine
ARG PUBLIC_KEY
ENV KEY_FILE=/run/key TOKEN_VERSION=2

#= parts of words
FROM alpine
ARG KEYBOARD=us
ENV AUTHOR=jane TOKENIZER=bpe PASSWORDLESS=1

#= an argument above all stages is not checked
ARG NPM_TOKEN
FROM alpine
