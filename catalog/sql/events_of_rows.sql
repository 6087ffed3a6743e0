SELECT {event_type}, id, {body}
    FROM {table}
