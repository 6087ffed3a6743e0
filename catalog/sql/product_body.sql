'{{"event_type":"' || {event_type} || '","timestamp":"' || timestamp_text || '","data":{{"id":' || id
    || ',"sku":' || to_json(sku)::text
    || ',"name":' || to_json(name)::text
    || ',"description":' || to_json(description)::text
    || ',"price":' || price::text
    || ',"is_active":' || is_active::text || '}}}}'
