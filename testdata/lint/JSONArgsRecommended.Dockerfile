#= CMD and ENTRYPOINT in shell form
#! 2 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals
#! 3 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
FROM alpine
ENTRYPOINT my-server
CMD 80

#= exec form
FROM alpine
ENTRYPOINT ["my-server"]
CMD ["--port", "80"]

#= a shell that was asked for
FROM alpine
SHELL ["/bin/bash", "-c"]
CMD my-server

#= a shell that comes too late
#! 2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
FROM alpine
CMD my-server
SHELL ["/bin/bash", "-c"]

#= the keyword as it is written
#! 2 JSONArgsRecommended: JSON arguments recommended for cmd to prevent unintended behavior related to OS signals
from alpine
cmd my-server
