FROM denoland/deno:2.0.0
WORKDIR /weather
COPY deno.json deno.lock imports.ts ./
RUN deno cache --lock=deno.lock imports.ts
COPY src/ src/
RUN deno check src/mod.ts
USER deno
EXPOSE 8787
CMD ["run", "--allow-net=api.example.org", "--cached-only", "src/mod.ts"]
