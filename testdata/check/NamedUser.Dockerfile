#= a name is no number
#! 3 NamedUser: the user `app` is not a number
FROM x:1
USER 1
USER app:app
HEALTHCHECK NONE
#= numbers, variables, root and stages that are not shipped
FROM x:1 AS a
USER app
FROM a AS b
USER 10001:10001
FROM a AS c
USER $U
FROM a AS d
USER root
COPY --from=b /a /b
FROM y:1
USER ContainerUser
COPY --from=b /a /b
HEALTHCHECK NONE
