-- The clinic's tables. Run in the order of hotsite.config.ts, in the database that it names.
CREATE TABLE owners (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(40) NOT NULL,
  address VARCHAR(120) NOT NULL,
  city VARCHAR(60) NOT NULL,
  telephone VARCHAR(20) NOT NULL,
  INDEX (last_name)
) ENGINE=InnoDB;

CREATE TABLE types (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL UNIQUE
) ENGINE=InnoDB;

CREATE TABLE pets (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  birth_date DATE NOT NULL,
  type_id INT NOT NULL,
  owner_id INT NOT NULL,
  FOREIGN KEY (type_id) REFERENCES types (id),
  FOREIGN KEY (owner_id) REFERENCES owners (id)
) ENGINE=InnoDB;

CREATE TABLE visits (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  pet_id INT NOT NULL,
  visit_date DATE NOT NULL,
  description VARCHAR(255) NOT NULL,
  FOREIGN KEY (pet_id) REFERENCES pets (id)
) ENGINE=InnoDB;

CREATE TABLE vets (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(40) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE specialties (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL UNIQUE
) ENGINE=InnoDB;

CREATE TABLE vet_specialties (
  vet_id INT NOT NULL,
  specialty_id INT NOT NULL,
  PRIMARY KEY (vet_id, specialty_id),
  FOREIGN KEY (vet_id) REFERENCES vets (id),
  FOREIGN KEY (specialty_id) REFERENCES specialties (id)
) ENGINE=InnoDB;
