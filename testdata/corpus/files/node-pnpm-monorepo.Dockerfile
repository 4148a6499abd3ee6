# syntax=docker/dockerfile:1.9
FROM node:22-slim AS pnpm
ENV PNPM_HOME=/usr/local/pnpm
ENV PATH=$PNPM_HOME:$PATH
RUN corepack enable pnpm
WORKDIR /mono

FROM pnpm AS everything
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN --mount=type=cache,id=pnpm-store,target=/usr/local/pnpm/store pnpm fetch
COPY . .
RUN pnpm install --offline && pnpm -r build
RUN for app in admin storefront; do pnpm --filter "$app" deploy --prod "/deploy/$app"; done

FROM pnpm AS admin
COPY --from=everything /deploy/admin .
CMD ["node", "dist/main.js"]

FROM pnpm AS storefront
COPY --from=everything /deploy/storefront .
EXPOSE 8001
CMD [ "node", "dist/main.js", "--port=8001" ]
