"""The rooms of the bench: processes, load, requests, measurements, hostile connections, goals and the report."""
