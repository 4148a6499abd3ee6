ARG ELIXIR=1.17
ARG RUNTIME=debian:bookworm-slim
FROM elixir:${ELIXIR}-slim AS deps
ENV MIX_ENV=prod
WORKDIR /forum
RUN mix do local.hex --force, local.rebar --force
COPY mix.exs mix.lock ./
COPY config/config.exs config/$MIX_ENV.exs config/
RUN mix deps.get --only prod && mix deps.compile

FROM node:20-slim AS styles
WORKDIR /forum/assets
COPY assets .
COPY --from=deps /forum/deps /forum/deps
RUN npm ci && npm run deploy

FROM deps AS release
COPY lib lib
COPY priv priv
COPY --from=styles /forum/priv/static priv/static
RUN mix phx.digest \
 && mix release forum --path /rel

FROM $RUNTIME
RUN apt-get update && apt-get install -y openssl libncurses6 && apt-get clean
ENV LANG C.UTF-8
COPY --from=release --chown=nobody:nogroup /rel /forum
USER nobody
ENTRYPOINT ["/forum/bin/forum"]
CMD ["start"]
