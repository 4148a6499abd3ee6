FROM ubuntu
SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]
RUN echo a | cat
RUN ["/bin/echo", "exec form ignores SHELL"]
CMD echo default command
SHELL ["/bin/sh", "-c"]
RUN echo b
ENTRYPOINT exec top -b
