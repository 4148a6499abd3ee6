#= a link
#! 2 ShellLink: `/bin/sh` is made a link to another shell
FROM debian:12
RUN rm /bin/sh && ln -s /bin/bash /bin/sh
#= another one
FROM debian:12
RUN ln -s /bin/sh /bin/bash
SHELL ["/bin/bash", "-c"]
