ARG RELEASE=bookworm
FROM debian:${RELEASE} AS feature-python
RUN apt-get update && apt-get install -y python3-venv && python3 -m venv /opt/py
FROM debian:${RELEASE} AS feature-node
COPY --from=node:20-bookworm-slim /usr/local/bin/node /opt/node/bin/
FROM debian:${RELEASE}
ARG WITH_NODE=yes
ARG ME=coder MY_UID=1000 MY_GID=$MY_UID
COPY --from=feature-python /opt/py /opt/py
COPY --from=feature-node /opt/node /opt/node
RUN [ "$WITH_NODE" = yes ] || rm -r /opt/node
RUN groupadd -g ${MY_GID} ${ME} && useradd -m -u ${MY_UID} -g ${MY_GID} -s /bin/bash ${ME}
# RUN echo "this one is switched off" \
#     && echo "and so is this"
USER $ME
ENV PATH=/opt/py/bin:/opt/node/bin:$PATH EDITOR="code --wait"
