"""Calls the API as the learning product does, for tests."""

from django.test import Client


class Product:
    """A client with one token: `product.get("students/", left=True)`."""

    def __init__(self, token, **options):
        self.token, self.client = token, Client(headers={"authorization": f"Bearer {token.secret}"}, **options)

    def get(self, path, headers=None, **query):
        query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        return self.client.get(f"/api/v1/{path}", query, headers=headers)

    def put(self, path, body):
        return self.client.put(f"/api/v1/{path}", body, content_type="application/json")

    def post(self, path, body=None):
        return self.client.post(f"/api/v1/{path}", body or {}, content_type="application/json")

    def rows(self, path, **query):
        """Every row of a list, page by page."""
        found, query = [], {"limit": 1000} | query
        while True:
            page = self.get(path, **query)
            assert page.status_code == 200, page.content
            page = page.json()
            found += page["results"]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"].rpartition("cursor=")[2]

    def ids(self, path, **query):
        return [row["id"] for row in self.rows(path, **query)]


def refusal(response):
    """The name of the problem in a refusal; fails if the answer is not a problem document."""
    assert response["Content-Type"] == "application/problem+json", (response.status_code, response.content[:300])
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"].endswith(".")
    return body["type"].rstrip("/").rpartition("/")[2]


def fields(response):
    """The fields a refusal names."""
    return {error["field"] for error in response.json()["errors"]}
