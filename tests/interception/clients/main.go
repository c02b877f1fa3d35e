// `client plain|stream|bank`: one call by net/http. Prints what came.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := `{"model":"gpt-4o","stream":` + fmt.Sprint(os.Args[1] == "stream") +
		`,"messages":[{"role":"user","content":"Context: The invoice is due on 12 March 2026.\n\nQuestion: When is the invoice due?"}]}`
	var answer *http.Response
	var err error
	if os.Args[1] == "bank" {
		answer, err = http.Get("https://bank.test/balance")
	} else {
		answer, err = http.Post("https://api.openai.com/v1/chat/completions", "application/json", strings.NewReader(body))
	}
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}
