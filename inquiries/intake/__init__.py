"""The front door: form, status link, phone note, import. One door: service.receive()."""
