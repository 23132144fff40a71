"""The private PostgreSQL of the service, piece by piece; ``app.persistence.embedded`` puts them together."""
