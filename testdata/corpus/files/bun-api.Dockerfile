FROM oven/bun:1-alpine AS all
WORKDIR /api
COPY package.json bun.lockb ./
RUN bun install --frozen-lockfile
COPY . .
RUN bun test && bun build src/server.ts --target=bun --outfile=/out/server.js
FROM oven/bun:1-distroless
COPY --from=all /out/server.js /server.js
EXPOSE 4000
CMD ["/server.js"]
