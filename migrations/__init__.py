"""The history of the database, one dated file a step, run by app.persistence.migrate."""
