# pgs in a container: a proxy and a manager, whose tenants are containers beside it. See examples/compose.

ARG BUILD_IMAGE=rust:1.95-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package pgs-cli

# The same release of Debian as above, or a later one: the binary needs its C library and nothing else.
FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="pgs" \
      org.opencontainers.image.description="One port, one PostgreSQL server per tenant" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /src/target/release/pgs /usr/local/bin/pgs

# No VOLUME here. The engine binds each tenant's socket directory by its path on the engine's own machine, so the state
# directory has to be a bind mount that has one path inside and outside: --volume /var/lib/pgs:/var/lib/pgs
ENV PGS_PROVISIONER=docker PGS_STATE_DIR=/var/lib/pgs
EXPOSE 5432
# `pgs serve` lets sessions end; tenants' servers go on.
STOPSIGNAL SIGTERM
ENTRYPOINT ["pgs"]
CMD ["serve", "--listen", "0.0.0.0:5432"]
