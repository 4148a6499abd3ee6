# syntax=docker/dockerfile:1
ARG NODE=22-alpine
FROM node:${NODE} AS modules
WORKDIR /shop
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund

FROM node:${NODE} AS pages
WORKDIR /shop
COPY --from=modules --link /shop/node_modules node_modules
COPY next.config.mjs tsconfig.json ./
COPY src src
COPY public public
RUN --mount=type=cache,target=/shop/.next/cache \
    --mount=type=secret,id=cms_token \
    CMS_TOKEN="$(cat /run/secrets/cms_token)" npx next build

FROM node:${NODE}
RUN adduser -D -H -u 4000 web
WORKDIR /shop
COPY --from=pages --chown=4000 /shop/.next/standalone .
COPY --from=pages --chown=4000 /shop/.next/static .next/static
COPY --from=pages /shop/public public
USER web
ENV PORT=8000
EXPOSE $PORT
CMD ["node", "server.js"]
