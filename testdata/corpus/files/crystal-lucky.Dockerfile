FROM crystallang/crystal:1.13 AS build
COPY shard.yml shard.lock ./
RUN shards install --production
COPY src ./src
RUN crystal build --release --static src/app.cr -o /app
FROM busybox
COPY --from=build /app /app
ENTRYPOINT /app
