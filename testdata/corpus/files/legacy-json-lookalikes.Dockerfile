FROM debian:8
RUN ['echo', 'single quotes are a shell command']
RUN ["echo", "trailing comma",]
RUN [ "sh", "-c", "echo tab\there \"quoted\" \u00e9" ]
ENTRYPOINT ["top", "-b"
CMD []
