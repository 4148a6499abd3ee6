FROM texlive/texlive:latest-small AS pdf
WORKDIR /doc
COPY *.tex *.bib figures/ ./
RUN latexmk -pdf -interaction=nonstopmode -halt-on-error main.tex
FROM scratch
COPY --from=pdf /doc/main.pdf /
