FROM node:lts as frontend
WORKDIR /ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci
COPY ui/ .
ARG VITE_API_BASE
ARG VITE_COMMIT=unknown
RUN npm run build

FROM nginx:1.27-alpine
COPY nginx/default.conf /etc/nginx/conf.d/default.conf
COPY --from=frontend /ui/dist /usr/share/nginx/html
COPY --from=frontend /ui/dist/robots.txt /ui/dist/favicon.ico /usr/share/nginx/html/
EXPOSE 80/tcp
STOPSIGNAL SIGQUIT
