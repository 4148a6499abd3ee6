FROM julia:1.10
ENV JULIA_DEPOT_PATH=/opt/julia JULIA_NUM_THREADS=auto
WORKDIR /work
COPY Project.toml Manifest.toml ./
RUN julia --project=. -e 'using Pkg; Pkg.instantiate(); Pkg.precompile()'
COPY . .
ENTRYPOINT ["julia", "--project=."]
CMD ["src/main.jl"]
