// A receiver as programs in Go have it: it compares signatures, remembers events, and answers at once.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
)

type event struct {
	ID      string `json:"eventId"`
	Created int64  `json:"eventCreated"`
}

func isSigned(received event, signature string) bool {
	mac := hmac.New(sha256.New, []byte(os.Getenv("CLIENT_SECRET")))
	fmt.Fprintf(mac, "%d.%s", received.Created, received.ID)
	shown, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && hmac.Equal(shown, mac.Sum(nil))
}

func main() {
	var known sync.Map
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		var received event
		if err := json.NewDecoder(request.Body).Decode(&received); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		if !isSigned(received, request.Header.Get("X-Ecwid-Webhook-Signature")) {
			http.Error(response, "bad signature", http.StatusUnauthorized)
			return
		}
		if _, isKnown := known.LoadOrStore(received.ID, true); isKnown {
			response.WriteHeader(http.StatusNoContent)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
