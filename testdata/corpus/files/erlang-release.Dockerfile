FROM erlang:27-alpine AS b
RUN mkdir /buildroot
WORKDIR /buildroot
COPY broker broker
WORKDIR broker
RUN rebar3 as prod release
FROM alpine:3.20
RUN apk add --no-cache openssl ncurses-libs libstdc++
COPY --from=b /buildroot/broker/_build/prod/rel/broker /broker
EXPOSE 8080 8443
CMD ["/broker/bin/broker", "foreground"]
