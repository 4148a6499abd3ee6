#= a name is nearly there
#! 2 MissingSource: no such file or directory: `requirement.txt`
#! 3 MissingSource: no such file or directory: `src/mian.rs`
#! 4 MissingSource: no such file or directory: `readme.md`
#? context requirements.txt src/main.rs README.md
FROM x:1
COPY requirement.txt src/main.rs /a/
ADD ./src/mian.rs /b
COPY readme.md /c
HEALTHCHECK NONE
#= what is there, is made later, or is no path
#? context requirements.txt src/main.rs test/a
FROM x:1 AS s
COPY requirements.txt src / /a/
COPY dist /b
COPY target/app.jar /c
COPY *.txt $A/b /d/
ADD https://a.b/requirement.txt /e
FROM x:1
COPY --from=s /requirement.txt /f
COPY <<requirement.txt /g
a
requirement.txt
HEALTHCHECK NONE
#= the context is elsewhere
#? context requirements.txt
FROM x:1
COPY requirement.txt /a
HEALTHCHECK NONE
#= the context is named
#! 2 MissingSource: no such file or directory: `dist`
#? context requirements.txt
#? named context
FROM x:1
COPY dist /a
HEALTHCHECK NONE
