// The API's operations, drawn from its schema. Reading only: nobody should paste a token into a page.
"use strict";

const nothing = () => () => null;
const withoutTokens = () => ({ wrapComponents: { authorizeBtn: nothing, authorizeOperationBtn: nothing } });
const operations = document.getElementById("operations");

SwaggerUIBundle({
  url: operations.dataset.schema,
  domNode: operations,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [withoutTokens],
  layout: "BaseLayout",
  supportedSubmitMethods: [],
  validatorUrl: null,
  defaultModelsExpandDepth: -1,
});
