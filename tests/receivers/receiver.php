<?php
// A receiver with the mistake that many in PHP have: it looks for the header by its spelling, and where it finds none it has
// nothing to compare.
$body = file_get_contents('php://input');
$event = json_decode($body, true);

$signed = true;
foreach (getallheaders() as $name => $value) {
    if ($name === 'X-Ecwid-Webhook-Signature') {
        $text = $event['eventCreated'] . '.' . $event['eventId'];
        $expected = base64_encode(hash_hmac('sha256', $text, getenv('CLIENT_SECRET'), true));
        $signed = hash_equals($expected, $value);
    }
}
http_response_code($signed ? 200 : 401);
