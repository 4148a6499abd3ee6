#= flags
#! 2 UncheckedTls: `curl` does not verify whom it talks to
#! 3 UncheckedTls: `wget` does not verify whom it talks to
#! 4 UncheckedTls: `pip` does not verify whom it talks to
#! 5 UncheckedTls: `git` does not verify whom it talks to
#! 6 UncheckedTls: `git` does not verify whom it talks to
FROM debian:12
RUN curl -fsSkL https://example.com/a -o a
RUN wget --no-check-certificate https://example.com/a
RUN python3 -m pip install --trusted-host example.com a
RUN git -c http.sslVerify=false clone https://example.com/a
RUN GIT_SSL_NO_VERIFY=1 git clone https://example.com/a
#= variables
#! 2 UncheckedTls: `NODE_TLS_REJECT_UNAUTHORIZED` turns a check of certificates off
#! 3 UncheckedTls: `GIT_SSL_NO_VERIFY` turns a check of certificates off
FROM debian:12
ENV NODE_TLS_REJECT_UNAUTHORIZED=0
ARG GIT_SSL_NO_VERIFY="true"
#= checked, or by a checksum
FROM debian:12
ENV NODE_TLS_REJECT_UNAUTHORIZED=1 GIT_SSL_NO_VERIFY=false
ARG PIP_TRUSTED_HOST
RUN curl -o k -L https://example.com/k && curl -fsSLok https://example.com/a && apk add --no-cache a
RUN curl -k https://example.com/a -o a && echo "1234  a" | sha256sum -c
RUN git config --global http.sslVerify true
