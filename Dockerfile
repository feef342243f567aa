FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /scimrelay ./cmd/scimrelay && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /scimrelay /usr/local/bin/scimrelay
COPY --from=build --chown=65532:65532 /data /data
# A fresh volume takes its owner from here: the simulators write tenant files into it.
COPY --from=build --chown=65532:65532 /data /tenants
USER 65532:65532
VOLUME /data
ENTRYPOINT ["/usr/local/bin/scimrelay"]
