// The server's REST interface.

/** An answer that is an error; the message is the server's. */
export class ApiError extends Error {
  /**
   * @param {number} status of HTTP; 0 where no answer came
   * @param {string} text
   */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** Requests to the server. Fires `unauthorised` where one is answered with 401. */
export class Api extends EventTarget {
  /**
   * @param {string} method
   * @param {string} path
   * @param {{json?: *, body?: BodyInit, type?: string, keepalive?: boolean}} [options]
   * @returns {Promise<Response>} with a status below 400
   * @throws {ApiError}
   */
  async request(method, path, options = {}) {
    const headers = {};
    let body = options.body;
    if (options.json !== undefined) {
      headers['Content-Type'] = 'application/json';
      body = JSON.stringify(options.json);
    } else if (options.type) {
      headers['Content-Type'] = options.type;
    }
    let response;
    try {
      response = await fetch(path, {method, headers, body, keepalive: options.keepalive ?? false, cache: 'no-store'});
    } catch {
      throw new ApiError(0, 'The server does not answer.');
    }
    if (response.ok) return response;
    if (response.status === 401) this.dispatchEvent(new Event('unauthorised'));
    throw new ApiError(response.status, await errorText(response));
  }

  async get(path) {
    return (await this.request('GET', path)).json();
  }

  async put(path, json) {
    return (await this.request('PUT', path, {json})).json();
  }

  async post(path, json) {
    const response = await this.request('POST', path, {json});
    return response.status === 204 ? null : response.json();
  }
}

/** @param {Response} response */
async function errorText(response) {
  try {
    const {error} = await response.json();
    if (error) return String(error);
  } catch {
    // not JSON
  }
  return `The server answered ${response.status} ${response.statusText}`.trim() + '.';
}
