# syntax = docker/dockerfile:1
ARG RUBY=3.3
FROM ruby:${RUBY}-slim AS runtime
ENV RAILS_ENV=production BUNDLE_WITHOUT=development:test
RUN <<APT
  set -e
  apt-get update
  apt-get install -y --no-install-recommends libpq5 libjemalloc2
  rm -r /var/lib/apt/lists/*
APT
ENV LD_PRELOAD=libjemalloc.so.2
WORKDIR /library

FROM runtime AS gems
RUN apt-get update && apt-get install -y gcc make libpq-dev
COPY Gemfile* ./
RUN --mount=type=cache,target=/tmp/bundle \
    BUNDLE_PATH=/tmp/bundle bundle install --jobs 3 && cp -a /tmp/bundle /gems

FROM runtime AS assets
COPY --from=gems /gems /gems
ENV BUNDLE_PATH=/gems
COPY . .
RUN bin/rails assets:precompile SECRET_KEY_BASE=0

FROM runtime
ENV BUNDLE_PATH=/gems
COPY --from=gems /gems /gems
COPY --from=assets /library/public/assets public/assets
COPY . .
EXPOSE 3000
USER 999:999
CMD ["bin/rails", "server", "-b", "0.0.0.0"]
