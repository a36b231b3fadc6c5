"""The field's messages, each as its Ruby broker writes it."""

CREATE = """\
---
:action: :create_application
:app_name: testha
:namespace: test
:scalable: true
:ha: false
"""

DELETE = """\
---
:action: :delete_application
:app_name: testha
:namespace: test
:scalable: true
:ha: true
"""

ADD_LOAD_BALANCER = """\
---
:action: :add_public_endpoint
:app_name: testha
:namespace: test
:gear_id: 53c6c74fe659c57659000021
:public_port_name: haproxy-1.4
:public_address: 203.0.113.17
:public_port: 56432
:protocols:
- http
- ws
:types:
- load_balancer
:mappings:
- frontend: ''
  backend: ''
- frontend: "/health"
  backend: "/configuration/health"
"""

ADD_WEB_FRAMEWORK = """\
---
:action: :add_public_endpoint
:app_name: testha
:namespace: test
:gear_id: 53c6c74fe659c57659000021
:public_port_name: php-5.4
:public_address: 203.0.113.17
:public_port: 56433
:protocols:
- http
- ws
:types:
- web_framework
:mappings:
- frontend: ''
  backend: ''
- frontend: "/health"
  backend: ''
"""

ADD_DATABASE = """\
---
:action: :add_public_endpoint
:app_name: testha
:namespace: test
:gear_id: 53c6c74fe659c57659000099
:public_port_name: mysql-5.5
:public_address: 203.0.113.18
:public_port: 40001
:protocols:
- mysql
:types:
- database
:mappings: []
"""

REMOVE_ENDPOINT = """\
---
:action: :remove_public_endpoint
:app_name: testha
:namespace: test
:gear_id: 53c6c74fe659c57659000021
:public_address: 203.0.113.17
:public_port: 56432
"""

ADD_ALIAS = """\
---
:action: :add_alias
:app_name: testha
:namespace: test
:alias: www.example.org
"""

REMOVE_ALIAS = """\
---
:action: :remove_alias
:app_name: testha
:namespace: test
:alias: www.example.org
"""

ADD_SSL = """\
---
:action: :add_ssl
:app_name: testha
:namespace: test
:alias: www.example.org
:ssl: |
  -----BEGIN CERTIFICATE-----
  MIIB...
  -----END CERTIFICATE-----
:private_key: |-
  -----BEGIN RSA PRIVATE KEY-----
  MIIE...
  -----END RSA PRIVATE KEY-----
:pass_phrase: ''
"""

REMOVE_SSL = """\
---
:action: :remove_ssl
:app_name: testha
:namespace: test
:alias: www.example.org
"""

ALL = (
    CREATE,
    DELETE,
    ADD_LOAD_BALANCER,
    ADD_WEB_FRAMEWORK,
    ADD_DATABASE,
    REMOVE_ENDPOINT,
    ADD_ALIAS,
    REMOVE_ALIAS,
    ADD_SSL,
    REMOVE_SSL,
)
