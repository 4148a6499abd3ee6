FROM mcr.microsoft.com/dotnet/sdk:8.0 AS sdk
ARG CONFIGURATION=Release
WORKDIR /work
COPY ["Ledger/Ledger.csproj", "Ledger/"]
COPY ["Ledger.Store/Ledger.Store.csproj", "Ledger.Store/"]
RUN dotnet restore Ledger/Ledger.csproj
COPY . .
WORKDIR "/work/Ledger"
FROM sdk AS published
ARG CONFIGURATION
RUN dotnet publish -c $CONFIGURATION -o /publish --no-restore
FROM mcr.microsoft.com/dotnet/aspnet:8.0
USER app
EXPOSE 8080
WORKDIR /srv
COPY --from=published /publish .
ENTRYPOINT ["dotnet", "Ledger.dll"]
