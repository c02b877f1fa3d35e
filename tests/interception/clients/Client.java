import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** `java Client.java plain|stream|bank`: one call by the JDK's own client. Prints what came. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        boolean bank = arguments[0].equals("bank");
        String body = "{\"model\":\"gpt-4o\",\"stream\":" + arguments[0].equals("stream")
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Context: The invoice is due on 12 March 2026.\\n\\nQuestion: When is the invoice due?\"}]}";
        HttpRequest.Builder request = HttpRequest.newBuilder();
        if (bank) {
            request.uri(URI.create("https://bank.test/balance"));
        } else {
            request.uri(URI.create("https://api.openai.com/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        System.out.println(HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body());
    }
}
