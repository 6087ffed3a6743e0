SELECT event_type, id, {body}
    FROM (
        SELECT {columns}, CASE
            WHEN before.id IS NULL THEN 'product.created'
            WHEN after.id IS NULL THEN 'product.deleted'
            ELSE 'product.updated'
        END AS event_type
        FROM before FULL JOIN after ON after.id = before.id
        WHERE ({values_before}) IS DISTINCT FROM ({values_after})
    ) AS product
    WHERE event_type = ANY (subscribed)
