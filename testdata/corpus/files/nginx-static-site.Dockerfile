FROM nginx:alpine
RUN rm /etc/nginx/conf.d/default.conf
COPY <<EOF /etc/nginx/conf.d/site.conf
server {
  listen 80;
  root /srv;
  location / { try_files \$uri \$uri/ =404; }
}
EOF
COPY public /srv
