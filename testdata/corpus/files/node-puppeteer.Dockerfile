FROM node:18-bullseye
LABEL org.opencontainers.image.title="shots" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source=https://git.example.org/shots
RUN apt-get update \
 && apt-get install -y chromium fonts-noto-cjk \
      --no-install-recommends \
 && sh -c 'echo "pref(\"a\", 1);" >> /etc/chromium.d/prefs' \
 && rm -rf /var/lib/apt/lists/*
ENV PUPPETEER_SKIP_DOWNLOAD=true
RUN useradd -m -G audio,video shooter
USER shooter
WORKDIR /home/shooter
COPY --chown=shooter package.json .
RUN npm i
CMD chromium --headless & node index.js
