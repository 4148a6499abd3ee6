FROM traefik:v3.1
LABEL "traefik.http.routers.api.rule"="Host(`traefik.example.org`)" traefik.enable=true
COPY traefik.yml /etc/traefik/
