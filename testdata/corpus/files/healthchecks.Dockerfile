FROM nginx AS a
HEALTHCHECK NONE
FROM nginx AS b
HEALTHCHECK CMD curl -f http://localhost/ || exit 1
FROM nginx AS c
HEALTHCHECK --interval=5m --timeout=3.5s --retries=0 CMD ["curl", "-f", "http://localhost/"]
FROM nginx
COPY --from=a /etc/nginx /a
COPY --from=b /etc/nginx /b
COPY --from=c /etc/nginx /c
HEALTHCHECK --start-period=0s --start-interval=1500ms CMD /bin/true
HEALTHCHECK --interval=1m30s \
  CMD /bin/check \
    --deep
