FROM klakegg/hugo:0.111.3-ext-onbuild AS hugo
ARG HUGO_BASEURL
ENV HUGO_BASEURL=${HUGO_BASEURL:-https://example.org}
FROM caddy:2-alpine
COPY Caddyfile /etc/caddy/Caddyfile
COPY --from=hugo /target /srv
