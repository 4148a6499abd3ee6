FROM node:20-alpine
ENV NODE_ENV production
WORKDIR /opt/echo
COPY package*.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --chown=node:node lib lib
USER node
EXPOSE 3000
CMD [ "node", "lib/main.js" ]
